CREATE TABLE public.alert_transactions (
    chain_id bigint NOT NULL,
    alert_id character varying NOT NULL,
    transaction character varying NOT NULL
);
CREATE TABLE public.alerts (
    chain_id bigint NOT NULL,
    id character varying NOT NULL,
    category character varying NOT NULL,
    detector character varying NOT NULL,
    severity character varying NOT NULL,
    score double precision NOT NULL,
    status character varying NOT NULL,
    suppressed boolean NOT NULL,
    subject_kind character varying NOT NULL,
    subject_id character varying NOT NULL,
    block_number bigint NOT NULL,
    "timestamp" bigint NOT NULL,
    updated_block bigint NOT NULL,
    explanation text NOT NULL,
    record text NOT NULL,
    kafka_offset bigint NOT NULL
);
COMMENT ON COLUMN public.alerts.status IS 'as at the head of the chain, unlike the one in record';
COMMENT ON COLUMN public.alerts."timestamp" IS 'of that block, seconds UTC';
COMMENT ON COLUMN public.alerts.record IS 'canonical JSON of the last revision';
COMMENT ON COLUMN public.alerts.kafka_offset IS 'of that revision; an older one is ignored';
CREATE TABLE public.heads (
    chain_id bigint NOT NULL,
    block_number bigint NOT NULL,
    block_hash character varying NOT NULL,
    "timestamp" bigint,
    finality integer NOT NULL,
    filed_at double precision NOT NULL
);
COMMENT ON COLUMN public.heads.block_number IS 'the last block that detection has judged';
COMMENT ON COLUMN public.heads."timestamp" IS 'of that block; null after a rollback';
COMMENT ON COLUMN public.heads.finality IS 'blocks on top that make a block final';
COMMENT ON COLUMN public.heads.filed_at IS 'clock of the sink, seconds UTC';
CREATE TABLE public.offsets (
    chain_id bigint NOT NULL,
    topic character varying NOT NULL,
    next_offset bigint NOT NULL
);
CREATE TABLE public.rejected (
    chain_id bigint NOT NULL,
    topic character varying NOT NULL,
    kafka_offset bigint NOT NULL,
    reason text NOT NULL
);
COMMENT ON COLUMN public.rejected.reason IS 'why the record could not be read';
CREATE TABLE public.roles (
    chain_id bigint NOT NULL,
    alert_id character varying NOT NULL,
    address character varying NOT NULL,
    role character varying NOT NULL
);
CREATE TABLE public.scores (
    chain_id bigint NOT NULL,
    block_number bigint NOT NULL,
    subject_kind character varying NOT NULL,
    subject character varying NOT NULL,
    score double precision NOT NULL,
    parts text NOT NULL
);
COMMENT ON COLUMN public.scores.parts IS 'JSON object';
CREATE TABLE public.undertow_store (
    version integer NOT NULL
);
CREATE SEQUENCE public.undertow_store_version_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.undertow_store_version_seq OWNED BY public.undertow_store.version;
ALTER TABLE ONLY public.undertow_store ALTER COLUMN version SET DEFAULT nextval('public.undertow_store_version_seq'::regclass);
INSERT INTO public.alert_transactions VALUES (31337, 'drain-1', '0x7a00000000000000000000000000000000000000000000000000000000000001');
INSERT INTO public.alert_transactions VALUES (31337, 'poison-2', '0x7a000000000000000000000000000000000000000000000000000000000f4242');
INSERT INTO public.alert_transactions VALUES (31337, 'poison-3', '0x7a000000000000000000000000000000000000000000000000000000000f4243');
INSERT INTO public.alert_transactions VALUES (31337, 'drain-5', '0x7a00000000000000000000000000000000000000000000000000000000000005');
INSERT INTO public.alert_transactions VALUES (31337, 'drain-30', '0x7a0000000000000000000000000000000000000000000000000000000000001e');
INSERT INTO public.alerts VALUES (31337, 'poison-3', 'address-poisoning', 'address-poisoning', 'medium', 0.6, 'retracted', false, 'wallet', '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', 3, 1700000036, 3, 'A zero transfer from an address that looks like one carol paid before.', '{"block_hash":"0x0000000000000000000000000000000000000000000000000000000000000003","block_number":3,"category":"address-poisoning","chain_id":31337,"detector":"address-poisoning","evidence":[{"amount":"0","block_number":3,"decimals":18,"from_address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","log_index":3,"symbol":"DAI","to_address":"0xcacacacacacacacacacacacacacacacacacacaca","token":"0x7070707070707070707070707070707070707070","transaction":"0x7a000000000000000000000000000000000000000000000000000000000f4243"}],"explanation":"A zero transfer from an address that looks like one carol paid before.","id":"poison-3","measured":{"digits_back":4,"digits_front":4},"p_value":null,"proof":"header","retraction_reason":"its block left the chain (rollback to block 2)","roles":[{"address":"0xcacacacacacacacacacacacacacacacacacacaca","role":"victim"},{"address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","role":"attacker"}],"run":"5f0c9ad1e2b3","score":0.6,"severity":"medium","status":"retracted","subject":{"id":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","kind":"wallet"},"suppressed_by":null,"thresholds":{"digits_back":4,"digits_front":3},"tier":"transfers","timestamp":1700000036,"transactions":["0x7a000000000000000000000000000000000000000000000000000000000f4243"],"updated_block":3}', 2);
INSERT INTO public.alerts VALUES (31337, 'drain-30', 'wallet-drain', 'wallet-drain', 'critical', 0.91, 'provisional', false, 'wallet', '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', 30, 1700000360, 30, 'emptied by \u{202e}CDSU', '{"block_hash":"0x000000000000000000000000000000000000000000000000000000000000001e","block_number":30,"category":"wallet-drain","chain_id":31337,"detector":"wallet-drain","evidence":[{"amount":"300000000000000000000","block_number":30,"decimals":18,"from_address":"0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1","log_index":3,"symbol":"DAI","to_address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","token":"0x7070707070707070707070707070707070707070","transaction":"0x7a0000000000000000000000000000000000000000000000000000000000001e"},{"amount":"50000000000000000000","block_number":30,"decimals":18,"from_address":"0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0","log_index":3,"symbol":"DAI","to_address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","token":"0x7070707070707070707070707070707070707070","transaction":"0x7a0000000000000000000000000000000000000000000000000000000000001e"},{"amount":"350000000000000000000","block_number":30,"decimals":18,"from_address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","log_index":3,"symbol":"DAI","to_address":"0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","token":"0x7070707070707070707070707070707070707070","transaction":"0x7a0000000000000000000000000000000000000000000000000000000000001e"}],"explanation":"emptied by \\u{202e}CDSU","id":"drain-30","measured":{"emptied_share":0.985,"victims":2},"p_value":null,"proof":"header","retraction_reason":null,"roles":[{"address":"0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1","role":"victim"},{"address":"0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0","role":"victim"},{"address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","role":"attacker"},{"address":"0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","role":"intermediary"}],"run":"5f0c9ad1e2b3","score":0.91,"severity":"critical","status":"provisional","subject":{"id":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","kind":"wallet"},"suppressed_by":null,"thresholds":{"emptied_share":0.9,"victims":2},"tier":"transfers","timestamp":1700000360,"transactions":["0x7a0000000000000000000000000000000000000000000000000000000000001e"],"updated_block":30}', 4);
INSERT INTO public.alerts VALUES (31337, 'drain-1', 'wallet-drain', 'wallet-drain', 'high', 0.91, 'final', false, 'wallet', '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', 1, 1700000012, 1, '2 wallets that never dealt with each other were emptied to one address within 4 blocks.', '{"block_hash":"0x0000000000000000000000000000000000000000000000000000000000000001","block_number":1,"category":"wallet-drain","chain_id":31337,"detector":"wallet-drain","evidence":[{"amount":"300000000000000000000","block_number":1,"decimals":18,"from_address":"0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1","log_index":3,"symbol":"DAI","to_address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","token":"0x7070707070707070707070707070707070707070","transaction":"0x7a00000000000000000000000000000000000000000000000000000000000001"},{"amount":"50000000000000000000","block_number":1,"decimals":18,"from_address":"0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0","log_index":3,"symbol":"DAI","to_address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","token":"0x7070707070707070707070707070707070707070","transaction":"0x7a00000000000000000000000000000000000000000000000000000000000001"},{"amount":"350000000000000000000","block_number":1,"decimals":18,"from_address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","log_index":3,"symbol":"DAI","to_address":"0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","token":"0x7070707070707070707070707070707070707070","transaction":"0x7a00000000000000000000000000000000000000000000000000000000000001"}],"explanation":"2 wallets that never dealt with each other were emptied to one address within 4 blocks.","id":"drain-1","measured":{"emptied_share":0.985,"victims":2},"p_value":null,"proof":"header","retraction_reason":null,"roles":[{"address":"0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1","role":"victim"},{"address":"0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0","role":"victim"},{"address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","role":"attacker"},{"address":"0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","role":"intermediary"}],"run":"5f0c9ad1e2b3","score":0.91,"severity":"high","status":"provisional","subject":{"id":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","kind":"wallet"},"suppressed_by":null,"thresholds":{"emptied_share":0.9,"victims":2},"tier":"transfers","timestamp":1700000012,"transactions":["0x7a00000000000000000000000000000000000000000000000000000000000001"],"updated_block":1}', 0);
INSERT INTO public.alerts VALUES (31337, 'drain-5', 'wallet-drain', 'wallet-drain', 'high', 0.91, 'final', true, 'wallet', '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', 5, 1700000060, 5, '2 wallets that never dealt with each other were emptied to one address within 4 blocks.', '{"block_hash":"0x0000000000000000000000000000000000000000000000000000000000000005","block_number":5,"category":"wallet-drain","chain_id":31337,"detector":"wallet-drain","evidence":[{"amount":"1000000000000000000","block_number":5,"decimals":null,"from_address":"0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1","log_index":null,"symbol":null,"to_address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","token":null,"transaction":"0x7a00000000000000000000000000000000000000000000000000000000000005"}],"explanation":"2 wallets that never dealt with each other were emptied to one address within 4 blocks.","id":"drain-5","measured":{"emptied_share":0.985,"victims":2},"p_value":null,"proof":"header","retraction_reason":null,"roles":[{"address":"0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1","role":"victim"},{"address":"0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0","role":"victim"},{"address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","role":"attacker"},{"address":"0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","role":"intermediary"}],"run":"5f0c9ad1e2b3","score":0.91,"severity":"high","status":"provisional","subject":{"id":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","kind":"wallet"},"suppressed_by":{"kind":"airdrop","reason":"pays 4,000 wallets the same"},"thresholds":{"emptied_share":0.9,"victims":2},"tier":"transfers","timestamp":1700000060,"transactions":["0x7a00000000000000000000000000000000000000000000000000000000000005"],"updated_block":5}', 3);
INSERT INTO public.alerts VALUES (31337, 'poison-2', 'address-poisoning', 'address-poisoning', 'medium', 0.6, 'final', false, 'wallet', '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', 2, 1700000024, 2, 'A zero transfer from an address that looks like one carol paid before.', '{"block_hash":"0x0000000000000000000000000000000000000000000000000000000000000002","block_number":2,"category":"address-poisoning","chain_id":31337,"detector":"address-poisoning","evidence":[{"amount":"0","block_number":2,"decimals":18,"from_address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","log_index":3,"symbol":"DAI","to_address":"0xcacacacacacacacacacacacacacacacacacacaca","token":"0x7070707070707070707070707070707070707070","transaction":"0x7a000000000000000000000000000000000000000000000000000000000f4242"}],"explanation":"A zero transfer from an address that looks like one carol paid before.","id":"poison-2","measured":{"digits_back":4,"digits_front":4},"p_value":0.001,"proof":"header","retraction_reason":null,"roles":[{"address":"0xcacacacacacacacacacacacacacacacacacacaca","role":"victim"},{"address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","role":"attacker"}],"run":"5f0c9ad1e2b3","score":0.6,"severity":"medium","status":"provisional","subject":{"id":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","kind":"wallet"},"suppressed_by":null,"thresholds":{"digits_back":4,"digits_front":3},"tier":"transfers","timestamp":1700000024,"transactions":["0x7a000000000000000000000000000000000000000000000000000000000f4242"],"updated_block":2}', 1);
INSERT INTO public.heads VALUES (31337, 31, '0x000000000000000000000000000000000000000000000000000000000000001f', 1700000372, 10, 1795962515.1656702);
INSERT INTO public.offsets VALUES (31337, 'fraud.alerts', 7);
INSERT INTO public.offsets VALUES (31337, 'fraud.scores', 5);
INSERT INTO public.rejected VALUES (31337, 'fraud.alerts', 6, 'not JSON: Expecting value');
INSERT INTO public.roles VALUES (31337, 'drain-1', '0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f', 'intermediary');
INSERT INTO public.roles VALUES (31337, 'drain-1', '0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', 'victim');
INSERT INTO public.roles VALUES (31337, 'drain-1', '0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', 'victim');
INSERT INTO public.roles VALUES (31337, 'drain-1', '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', 'attacker');
INSERT INTO public.roles VALUES (31337, 'poison-2', '0xcacacacacacacacacacacacacacacacacacacaca', 'victim');
INSERT INTO public.roles VALUES (31337, 'poison-2', '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', 'attacker');
INSERT INTO public.roles VALUES (31337, 'poison-3', '0xcacacacacacacacacacacacacacacacacacacaca', 'victim');
INSERT INTO public.roles VALUES (31337, 'poison-3', '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', 'attacker');
INSERT INTO public.roles VALUES (31337, 'drain-5', '0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f', 'intermediary');
INSERT INTO public.roles VALUES (31337, 'drain-5', '0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', 'victim');
INSERT INTO public.roles VALUES (31337, 'drain-5', '0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', 'victim');
INSERT INTO public.roles VALUES (31337, 'drain-5', '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', 'attacker');
INSERT INTO public.roles VALUES (31337, 'drain-30', '0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f', 'intermediary');
INSERT INTO public.roles VALUES (31337, 'drain-30', '0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', 'victim');
INSERT INTO public.roles VALUES (31337, 'drain-30', '0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', 'victim');
INSERT INTO public.roles VALUES (31337, 'drain-30', '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', 'attacker');
INSERT INTO public.scores VALUES (31337, 1, 'wallet', '0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', 0.5, '{"rule": 0.5}');
INSERT INTO public.scores VALUES (31337, 2, 'wallet', '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', 0.9, '{"rule": 0.9}');
INSERT INTO public.scores VALUES (31337, 2, 'wallet', '0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', 0.4, '{"rule": 0.4}');
INSERT INTO public.scores VALUES (31337, 31, 'wallet', '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', 0.7, '{"rule": 0.7}');
INSERT INTO public.undertow_store VALUES (1);
ALTER TABLE ONLY public.alert_transactions
    ADD CONSTRAINT alert_transactions_pkey PRIMARY KEY (chain_id, alert_id, transaction);
ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (chain_id, id);
ALTER TABLE ONLY public.heads
    ADD CONSTRAINT heads_pkey PRIMARY KEY (chain_id);
ALTER TABLE ONLY public.offsets
    ADD CONSTRAINT offsets_pkey PRIMARY KEY (chain_id, topic);
ALTER TABLE ONLY public.rejected
    ADD CONSTRAINT rejected_pkey PRIMARY KEY (chain_id, topic, kafka_offset);
ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_pkey PRIMARY KEY (chain_id, alert_id, address, role);
ALTER TABLE ONLY public.scores
    ADD CONSTRAINT scores_pkey PRIMARY KEY (chain_id, block_number, subject_kind, subject);
ALTER TABLE ONLY public.undertow_store
    ADD CONSTRAINT undertow_store_pkey PRIMARY KEY (version);
CREATE INDEX alert_transactions_by_hash ON public.alert_transactions USING btree (transaction, chain_id);
CREATE INDEX alerts_by_status ON public.alerts USING btree (status, chain_id, block_number);
CREATE INDEX alerts_newest ON public.alerts USING btree ("timestamp", chain_id, block_number, id);
CREATE INDEX roles_by_address ON public.roles USING btree (address, chain_id);
CREATE INDEX scores_by_subject ON public.scores USING btree (subject, chain_id, block_number);

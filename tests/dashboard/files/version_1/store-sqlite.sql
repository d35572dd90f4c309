BEGIN TRANSACTION;
CREATE TABLE alert_transactions (
	chain_id BIGINT NOT NULL, 
	alert_id VARCHAR NOT NULL, 
	"transaction" VARCHAR NOT NULL, 
	PRIMARY KEY (chain_id, alert_id, "transaction")
);
INSERT INTO "alert_transactions" VALUES(31337,'drain-1','0x7a00000000000000000000000000000000000000000000000000000000000001');
INSERT INTO "alert_transactions" VALUES(31337,'poison-2','0x7a000000000000000000000000000000000000000000000000000000000f4242');
INSERT INTO "alert_transactions" VALUES(31337,'poison-3','0x7a000000000000000000000000000000000000000000000000000000000f4243');
INSERT INTO "alert_transactions" VALUES(31337,'drain-5','0x7a00000000000000000000000000000000000000000000000000000000000005');
INSERT INTO "alert_transactions" VALUES(31337,'drain-30','0x7a0000000000000000000000000000000000000000000000000000000000001e');
CREATE TABLE alerts (
	chain_id BIGINT NOT NULL, 
	id VARCHAR NOT NULL, 
	category VARCHAR NOT NULL, 
	detector VARCHAR NOT NULL, 
	severity VARCHAR NOT NULL, 
	score FLOAT NOT NULL, 
	status VARCHAR NOT NULL, 
	suppressed BOOLEAN NOT NULL, 
	subject_kind VARCHAR NOT NULL, 
	subject_id VARCHAR NOT NULL, 
	block_number BIGINT NOT NULL, 
	timestamp BIGINT NOT NULL, 
	updated_block BIGINT NOT NULL, 
	explanation TEXT NOT NULL, 
	record TEXT NOT NULL, 
	kafka_offset BIGINT NOT NULL, 
	PRIMARY KEY (chain_id, id)
);
INSERT INTO "alerts" VALUES(31337,'drain-1','wallet-drain','wallet-drain','high',0.91,'final',0,'wallet','0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee',1,1700000012,1,'2 wallets that never dealt with each other were emptied to one address within 4 blocks.','{"block_hash":"0x0000000000000000000000000000000000000000000000000000000000000001","block_number":1,"category":"wallet-drain","chain_id":31337,"detector":"wallet-drain","evidence":[{"amount":"300000000000000000000","block_number":1,"decimals":18,"from_address":"0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1","log_index":3,"symbol":"DAI","to_address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","token":"0x7070707070707070707070707070707070707070","transaction":"0x7a00000000000000000000000000000000000000000000000000000000000001"},{"amount":"50000000000000000000","block_number":1,"decimals":18,"from_address":"0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0","log_index":3,"symbol":"DAI","to_address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","token":"0x7070707070707070707070707070707070707070","transaction":"0x7a00000000000000000000000000000000000000000000000000000000000001"},{"amount":"350000000000000000000","block_number":1,"decimals":18,"from_address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","log_index":3,"symbol":"DAI","to_address":"0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","token":"0x7070707070707070707070707070707070707070","transaction":"0x7a00000000000000000000000000000000000000000000000000000000000001"}],"explanation":"2 wallets that never dealt with each other were emptied to one address within 4 blocks.","id":"drain-1","measured":{"emptied_share":0.985,"victims":2},"p_value":null,"proof":"header","retraction_reason":null,"roles":[{"address":"0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1","role":"victim"},{"address":"0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0","role":"victim"},{"address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","role":"attacker"},{"address":"0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","role":"intermediary"}],"run":"5f0c9ad1e2b3","score":0.91,"severity":"high","status":"provisional","subject":{"id":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","kind":"wallet"},"suppressed_by":null,"thresholds":{"emptied_share":0.9,"victims":2},"tier":"transfers","timestamp":1700000012,"transactions":["0x7a00000000000000000000000000000000000000000000000000000000000001"],"updated_block":1}',0);
INSERT INTO "alerts" VALUES(31337,'poison-2','address-poisoning','address-poisoning','medium',0.6,'final',0,'wallet','0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee',2,1700000024,2,'A zero transfer from an address that looks like one carol paid before.','{"block_hash":"0x0000000000000000000000000000000000000000000000000000000000000002","block_number":2,"category":"address-poisoning","chain_id":31337,"detector":"address-poisoning","evidence":[{"amount":"0","block_number":2,"decimals":18,"from_address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","log_index":3,"symbol":"DAI","to_address":"0xcacacacacacacacacacacacacacacacacacacaca","token":"0x7070707070707070707070707070707070707070","transaction":"0x7a000000000000000000000000000000000000000000000000000000000f4242"}],"explanation":"A zero transfer from an address that looks like one carol paid before.","id":"poison-2","measured":{"digits_back":4,"digits_front":4},"p_value":0.001,"proof":"header","retraction_reason":null,"roles":[{"address":"0xcacacacacacacacacacacacacacacacacacacaca","role":"victim"},{"address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","role":"attacker"}],"run":"5f0c9ad1e2b3","score":0.6,"severity":"medium","status":"provisional","subject":{"id":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","kind":"wallet"},"suppressed_by":null,"thresholds":{"digits_back":4,"digits_front":3},"tier":"transfers","timestamp":1700000024,"transactions":["0x7a000000000000000000000000000000000000000000000000000000000f4242"],"updated_block":2}',1);
INSERT INTO "alerts" VALUES(31337,'poison-3','address-poisoning','address-poisoning','medium',0.6,'retracted',0,'wallet','0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee',3,1700000036,3,'A zero transfer from an address that looks like one carol paid before.','{"block_hash":"0x0000000000000000000000000000000000000000000000000000000000000003","block_number":3,"category":"address-poisoning","chain_id":31337,"detector":"address-poisoning","evidence":[{"amount":"0","block_number":3,"decimals":18,"from_address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","log_index":3,"symbol":"DAI","to_address":"0xcacacacacacacacacacacacacacacacacacacaca","token":"0x7070707070707070707070707070707070707070","transaction":"0x7a000000000000000000000000000000000000000000000000000000000f4243"}],"explanation":"A zero transfer from an address that looks like one carol paid before.","id":"poison-3","measured":{"digits_back":4,"digits_front":4},"p_value":null,"proof":"header","retraction_reason":"its block left the chain (rollback to block 2)","roles":[{"address":"0xcacacacacacacacacacacacacacacacacacacaca","role":"victim"},{"address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","role":"attacker"}],"run":"5f0c9ad1e2b3","score":0.6,"severity":"medium","status":"retracted","subject":{"id":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","kind":"wallet"},"suppressed_by":null,"thresholds":{"digits_back":4,"digits_front":3},"tier":"transfers","timestamp":1700000036,"transactions":["0x7a000000000000000000000000000000000000000000000000000000000f4243"],"updated_block":3}',2);
INSERT INTO "alerts" VALUES(31337,'drain-5','wallet-drain','wallet-drain','high',0.91,'final',1,'wallet','0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee',5,1700000060,5,'2 wallets that never dealt with each other were emptied to one address within 4 blocks.','{"block_hash":"0x0000000000000000000000000000000000000000000000000000000000000005","block_number":5,"category":"wallet-drain","chain_id":31337,"detector":"wallet-drain","evidence":[{"amount":"1000000000000000000","block_number":5,"decimals":null,"from_address":"0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1","log_index":null,"symbol":null,"to_address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","token":null,"transaction":"0x7a00000000000000000000000000000000000000000000000000000000000005"}],"explanation":"2 wallets that never dealt with each other were emptied to one address within 4 blocks.","id":"drain-5","measured":{"emptied_share":0.985,"victims":2},"p_value":null,"proof":"header","retraction_reason":null,"roles":[{"address":"0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1","role":"victim"},{"address":"0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0","role":"victim"},{"address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","role":"attacker"},{"address":"0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","role":"intermediary"}],"run":"5f0c9ad1e2b3","score":0.91,"severity":"high","status":"provisional","subject":{"id":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","kind":"wallet"},"suppressed_by":{"kind":"airdrop","reason":"pays 4,000 wallets the same"},"thresholds":{"emptied_share":0.9,"victims":2},"tier":"transfers","timestamp":1700000060,"transactions":["0x7a00000000000000000000000000000000000000000000000000000000000005"],"updated_block":5}',3);
INSERT INTO "alerts" VALUES(31337,'drain-30','wallet-drain','wallet-drain','critical',0.91,'provisional',0,'wallet','0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee',30,1700000360,30,'emptied by \u{202e}CDSU','{"block_hash":"0x000000000000000000000000000000000000000000000000000000000000001e","block_number":30,"category":"wallet-drain","chain_id":31337,"detector":"wallet-drain","evidence":[{"amount":"300000000000000000000","block_number":30,"decimals":18,"from_address":"0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1","log_index":3,"symbol":"DAI","to_address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","token":"0x7070707070707070707070707070707070707070","transaction":"0x7a0000000000000000000000000000000000000000000000000000000000001e"},{"amount":"50000000000000000000","block_number":30,"decimals":18,"from_address":"0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0","log_index":3,"symbol":"DAI","to_address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","token":"0x7070707070707070707070707070707070707070","transaction":"0x7a0000000000000000000000000000000000000000000000000000000000001e"},{"amount":"350000000000000000000","block_number":30,"decimals":18,"from_address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","log_index":3,"symbol":"DAI","to_address":"0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","token":"0x7070707070707070707070707070707070707070","transaction":"0x7a0000000000000000000000000000000000000000000000000000000000001e"}],"explanation":"emptied by \\u{202e}CDSU","id":"drain-30","measured":{"emptied_share":0.985,"victims":2},"p_value":null,"proof":"header","retraction_reason":null,"roles":[{"address":"0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1","role":"victim"},{"address":"0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0","role":"victim"},{"address":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","role":"attacker"},{"address":"0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","role":"intermediary"}],"run":"5f0c9ad1e2b3","score":0.91,"severity":"critical","status":"provisional","subject":{"id":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","kind":"wallet"},"suppressed_by":null,"thresholds":{"emptied_share":0.9,"victims":2},"tier":"transfers","timestamp":1700000360,"transactions":["0x7a0000000000000000000000000000000000000000000000000000000000001e"],"updated_block":30}',4);
CREATE TABLE heads (
	chain_id BIGINT NOT NULL, 
	block_number BIGINT NOT NULL, 
	block_hash VARCHAR NOT NULL, 
	timestamp BIGINT, 
	finality INTEGER NOT NULL, 
	filed_at FLOAT NOT NULL, 
	PRIMARY KEY (chain_id)
);
INSERT INTO "heads" VALUES(31337,31,'0x000000000000000000000000000000000000000000000000000000000000001f',1700000372,10,1.79596251476368951797e+09);
CREATE TABLE offsets (
	chain_id BIGINT NOT NULL, 
	topic VARCHAR NOT NULL, 
	next_offset BIGINT NOT NULL, 
	PRIMARY KEY (chain_id, topic)
);
INSERT INTO "offsets" VALUES(31337,'fraud.alerts',7);
INSERT INTO "offsets" VALUES(31337,'fraud.scores',5);
CREATE TABLE rejected (
	chain_id BIGINT NOT NULL, 
	topic VARCHAR NOT NULL, 
	kafka_offset BIGINT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (chain_id, topic, kafka_offset)
);
INSERT INTO "rejected" VALUES(31337,'fraud.alerts',6,'not JSON: Expecting value');
CREATE TABLE roles (
	chain_id BIGINT NOT NULL, 
	alert_id VARCHAR NOT NULL, 
	address VARCHAR NOT NULL, 
	role VARCHAR NOT NULL, 
	PRIMARY KEY (chain_id, alert_id, address, role)
);
INSERT INTO "roles" VALUES(31337,'drain-1','0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f','intermediary');
INSERT INTO "roles" VALUES(31337,'drain-1','0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1','victim');
INSERT INTO "roles" VALUES(31337,'drain-1','0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0','victim');
INSERT INTO "roles" VALUES(31337,'drain-1','0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee','attacker');
INSERT INTO "roles" VALUES(31337,'poison-2','0xcacacacacacacacacacacacacacacacacacacaca','victim');
INSERT INTO "roles" VALUES(31337,'poison-2','0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee','attacker');
INSERT INTO "roles" VALUES(31337,'poison-3','0xcacacacacacacacacacacacacacacacacacacaca','victim');
INSERT INTO "roles" VALUES(31337,'poison-3','0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee','attacker');
INSERT INTO "roles" VALUES(31337,'drain-5','0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f','intermediary');
INSERT INTO "roles" VALUES(31337,'drain-5','0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1','victim');
INSERT INTO "roles" VALUES(31337,'drain-5','0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0','victim');
INSERT INTO "roles" VALUES(31337,'drain-5','0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee','attacker');
INSERT INTO "roles" VALUES(31337,'drain-30','0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f','intermediary');
INSERT INTO "roles" VALUES(31337,'drain-30','0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1','victim');
INSERT INTO "roles" VALUES(31337,'drain-30','0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0','victim');
INSERT INTO "roles" VALUES(31337,'drain-30','0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee','attacker');
CREATE TABLE scores (
	chain_id BIGINT NOT NULL, 
	block_number BIGINT NOT NULL, 
	subject_kind VARCHAR NOT NULL, 
	subject VARCHAR NOT NULL, 
	score FLOAT NOT NULL, 
	parts TEXT NOT NULL, 
	PRIMARY KEY (chain_id, block_number, subject_kind, subject)
);
INSERT INTO "scores" VALUES(31337,1,'wallet','0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1',0.5,'{"rule": 0.5}');
INSERT INTO "scores" VALUES(31337,2,'wallet','0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee',0.9,'{"rule": 0.9}');
INSERT INTO "scores" VALUES(31337,2,'wallet','0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0',0.4,'{"rule": 0.4}');
INSERT INTO "scores" VALUES(31337,31,'wallet','0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee',0.7,'{"rule": 0.7}');
CREATE TABLE undertow_store (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "undertow_store" VALUES(1);
CREATE INDEX alerts_newest ON alerts (timestamp, chain_id, block_number, id);
CREATE INDEX alerts_by_status ON alerts (status, chain_id, block_number);
CREATE INDEX roles_by_address ON roles (address, chain_id);
CREATE INDEX alert_transactions_by_hash ON alert_transactions ("transaction", chain_id);
CREATE INDEX scores_by_subject ON scores (subject, chain_id, block_number);
COMMIT;

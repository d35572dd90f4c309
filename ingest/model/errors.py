"""The one family of errors that a user can meet. The command line prints the message as one line and exits 1.

UndertowError
├── BadInput            a setting, file or argument that cannot be used
│   ├── NotALake        a directory that holds no lake, or a lake that is damaged
│   ├── UnreadableCheckpoint
│   ├── UnreadableRecord  an envelope of an unknown version, or one that does not decode
│   ├── PackRefused     a pack that is forged, expired, withdrawn, or of nobody who may sign it
│   └── RunMismatch     state made under other settings, code or anchor
├── Unreachable         something outside that does not answer
│   ├── NodeUnreachable
│   ├── BrokerUnreachable
│   │   └── BrokerRefused  a broker that is there, and does not let this user do it
│   ├── StoreUnreachable
│   └── ClusterUnreachable  a Ray that does not answer, or is gone
├── NodeMisbehaved      a node that answers, but not with what it must
│   ├── WrongChain
│   ├── FinalityUnknown  a node that does not say now which block is final
│   └── ProofFailed     a block whose receipts or header do not add up
│       └── ForksMixed  receipts of another block: the chain may have changed between two answers
├── ChainGap            a block whose parent is not the block before it
├── RollbackTooDeep     a reorganisation below the state on disk
├── PartFailed          knowledge that detectors share could not be worked out: nothing stands on it
├── DetectorFailed      a detector raised where figures would be of the others alone
├── PortTaken
├── TakenOver           another process does this one's work now, and nothing of this one counts any more
├── EvidenceRefused     a bundle of evidence in which something does not hold
└── SetupFailed         a tool that could not be installed or started

A message says what was wrong, where, and what to do; it never carries a key of a URL (see `redact`).
"""


class UndertowError(Exception):
    """Root of the family. Its text is one line for a person."""


class BadInput(UndertowError): ...


class NotALake(BadInput): ...


class UnreadableCheckpoint(BadInput): ...


class UnreadableRecord(BadInput): ...


class PackRefused(BadInput): ...


class RunMismatch(BadInput): ...


class Unreachable(UndertowError): ...


class NodeUnreachable(Unreachable): ...


class BrokerUnreachable(Unreachable): ...


class BrokerRefused(BrokerUnreachable): ...


class StoreUnreachable(Unreachable): ...


class ClusterUnreachable(Unreachable): ...


class NodeMisbehaved(UndertowError): ...


class WrongChain(NodeMisbehaved): ...


class FinalityUnknown(NodeMisbehaved): ...


class ProofFailed(NodeMisbehaved):
    """`number` is the block's, where it is known; `source` the node that gave it, redacted."""

    def __init__(self, text: str, number: int | None = None, source: str = "") -> None:
        super().__init__(text)
        self.number = number
        self.source = source


class ForksMixed(ProofFailed): ...


class ChainGap(UndertowError): ...


class RollbackTooDeep(UndertowError): ...


class PartFailed(UndertowError): ...


class DetectorFailed(UndertowError): ...


class PortTaken(UndertowError): ...


class TakenOver(UndertowError): ...


class EvidenceRefused(UndertowError): ...


class SetupFailed(UndertowError): ...

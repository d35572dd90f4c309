"""From a node's answer to proved frames: what it says, typed; the proof; the columns."""

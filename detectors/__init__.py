"""Everything that decides what looks like fraud: state, parts, the library of detectors, alerts."""

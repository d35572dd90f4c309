"""Everything that decides what looks like fraud: state, features, the library of detectors, alerts."""

"""Other settings of detectors, proposed from what people found alerts to be, with their measured effect."""

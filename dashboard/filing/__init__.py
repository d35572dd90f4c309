"""From Kafka into the store and out again: the sink, the book, where everything stands."""

"""The chain comes in: proved, decoded, published to Kafka, archived to the lake. Knows nothing of fraud."""

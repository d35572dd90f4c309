"""Ways to run the engine: on the live log, over a lake, anew; and what is compiled before the first."""

"""The HTTP API: what the screens show, for programs. The only room that knows FastAPI and pydantic."""

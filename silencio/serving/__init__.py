"""The service: what the forest calls. A bundle and ONNX Runtime behind HTTP, and nothing that trains."""

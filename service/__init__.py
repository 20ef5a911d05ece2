"""The exported networks of recipe 20 as a small web service: digits, sentiment and translation.

It needs the ONNX files of `build/models/20_shipping`, onnxruntime and FastAPI, and neither Keras nor
TensorFlow. Start it with `make serve`. It has no TLS, no log-in and no limit per client: where strangers can
reach it, put a proxy that has them in front.
"""

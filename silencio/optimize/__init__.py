"""From a checkpoint to the bundle that is served: export, quantization search, packing. Serving needs no torch."""

"""The one training loop, on Lightning Fabric."""

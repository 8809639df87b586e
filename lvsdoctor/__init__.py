"""The doctor for Linux Virtual Server (IPVS) deployments."""

__version__ = "0.1.0"

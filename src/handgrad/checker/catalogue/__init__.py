"""The catalogue of mistakes, a module for each kind of layer."""

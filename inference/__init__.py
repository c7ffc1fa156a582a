"""Engines that compute fast what `pplc.semantics` defines."""

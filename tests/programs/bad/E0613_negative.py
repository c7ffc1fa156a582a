from pplc.information.table import Table

Table.of({"a": 1.5, "b": -0.5})

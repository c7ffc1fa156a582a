from pplc.information.table import Table

Table.of({"00": 0.5, "11": 0.6})

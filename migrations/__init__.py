"""The database's shape, as numbered steps: NNNN_name.sql, applied once each, in order.

A step says why it is there and what each column holds. One that was released is never edited.
"""

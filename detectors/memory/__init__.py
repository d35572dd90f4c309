"""What detection remembers: tables of rows, histories in files, names of addresses; one journal undoes them.

`Memory` owns them all: it takes them back at a rollback, ages them, and writes them to disk between blocks.
"""

"""A whole day of a chain of coffee shops, from opening to closing: `python run.py day`.

Customers, baristas and staff of the chat are clients of the public API and its sockets, at the processes of `Procfile`
on a PostgreSQL and a Redis of the day's own. They write down what they were told, and in the end it has to be so.

It lives with the drills because it is one of their kind: it starts the same shop with the same tools, and fails when
anything was lost. It is no drill of `run.py drill`, because it takes its own options and runs for as long as a day.
"""

"""What goes over the sockets: calls, answers, streams, and the layout of every byte."""

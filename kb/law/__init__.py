"""The law around a document: what it cites, what cites it, whether it holds, what it rests on."""

"""What the engine on a cluster of OpenSearch is made of; `kb.search.cluster.opensearch_engine` puts it together."""

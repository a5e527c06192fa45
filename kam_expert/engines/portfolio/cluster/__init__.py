"""Diagnosis of a portfolio on a cluster, bucket by bucket."""

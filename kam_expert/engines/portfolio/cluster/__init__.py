"""The same portfolio judged on a cluster, bucket by bucket."""

"""A small Spark on this machine, for the scripts that compare it with Polars.

Settings of spark-submit or SPARK_CONF_DIR override those of this module.
"""

from __future__ import annotations

import os
import sys
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from pyspark.sql import SparkSession

#: Settings for plans of a few thousand columns over a few rows. By default most of the time is
#: spent on compiling code that runs once, on two hundred almost empty partitions, and on inlining
#: the expression of each column.
SMALL = {
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.CollapseProject",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the size of Spark on this machine."""
    parser.add_argument("--master", default="local[2]", help="of Spark; two cores here by default")
    parser.add_argument("--memory", default="3g", help="of Spark's driver, 3g by default")


def start(name: str, asked: argparse.Namespace, settings: dict[str, str]) -> SparkSession:
    """Return a session of the requested size, or the one in Spark's own settings.

    Args:
        name: The name of the session.
        asked: The options of `add_options`.
        settings: Further settings of Spark, for a session on this machine.
    """
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
    from pyspark.sql import SparkSession  # noqa: PLC0415 -- it reads the environment when imported

    builder = SparkSession.builder.appName(name)
    if not {"PYSPARK_GATEWAY_PORT", "SPARK_CONF_DIR"} & os.environ.keys():
        own = {
            "spark.master": asked.master,
            "spark.driver.memory": asked.memory,
            "spark.ui.enabled": "false",
            **settings,
        }
        for key, value in own.items():
            builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session

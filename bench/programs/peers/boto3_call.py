"""Calls by boto3: boto3_call.py BASE-URL COUNT. Prints nanoseconds a turn."""
import sys
import time

import boto3
from botocore.config import Config

client = boto3.client(
    "glacier", region_name="us-west-2", endpoint_url=sys.argv[1],
    aws_access_key_id="AKIDEXAMPLE",
    aws_secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    config=Config(retries={"max_attempts": 0}, proxies={}))


def turns(count):
    for _ in range(count):
        client.initiate_job(
            accountId="-", vaultName="examplevault",
            jobParameters={
                "Type": "inventory-retrieval", "Format": "CSV",
                "Description": "My inventory job",
                "SNSTopic": "arn:aws:sns:us-west-2:111111111111:"
                            "Glacier-InventoryRetrieval-topic-Example"})


count = int(sys.argv[2])
turns(count // 10 + 1)
start = time.perf_counter_ns()
turns(count)
print((time.perf_counter_ns() - start) / count)

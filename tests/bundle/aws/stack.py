"""Tells what a stack should have, and what of it is there, as JSON.

Arguments: the template (plain CloudFormation), the name of the stack, NAME=VALUE of parameters that differ from
their defaults.
"""

import ast
import json
import sys

import boto3

with open(sys.argv[1]) as file:
    template = json.load(file)
stack = sys.argv[2]
values = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()}
values["AWS::Region"] = "us-east-1"
values.update(parameter.split("=", 1) for parameter in sys.argv[3:])


def value(it):
    return values[it["Ref"]] if isinstance(it, dict) else it


def holds(condition):
    ((operator, operands),) = condition.items()
    match operator:
        case "Condition":
            return holds(template["Conditions"][operands])
        case "Fn::Equals":
            return value(operands[0]) == value(operands[1])
        case "Fn::Not":
            return not holds(operands[0])
        case "Fn::And":
            return all(holds(operand) for operand in operands)
        case "Fn::Or":
            return any(holds(operand) for operand in operands)


def table(name):
    client = boto3.client("dynamodb")
    found = client.describe_table(TableName=name)["Table"]
    return {
        "keys": [key["AttributeName"] for key in found["KeySchema"]],
        "billing": found["BillingModeSummary"]["BillingMode"],
        "is_protected": found["DeletionProtectionEnabled"],
    }


def role(name):
    client = boto3.client("iam")
    names = client.list_role_policies(RoleName=name)["PolicyNames"]
    attached = client.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    statements = []
    for policy in names:
        document = client.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        # moto gives what CloudFormation made as Python writes it, with `None` for what a condition left out.
        document = ast.literal_eval(document) if isinstance(document, str) else document
        statements += [statement for statement in document["Statement"] if statement]
    return {"statements": statements, "attached": [policy["PolicyArn"] for policy in attached]}


def function(name):
    client = boto3.client("lambda")
    found = client.get_function_configuration(FunctionName=name)
    try:
        permissions = json.loads(client.get_policy(FunctionName=name)["Policy"])["Statement"]
    except client.exceptions.ResourceNotFoundException:
        permissions = []
    return {
        "permissions": permissions,
        "environment": found["Environment"]["Variables"],
        "architectures": found["Architectures"],
        "runtime": found["Runtime"],
        "memory": found["MemorySize"],
        "role": found["Role"].rsplit("/", 1)[-1],
    }


def log_group(name):
    groups = boto3.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    (group,) = [group for group in groups if group["logGroupName"] == name]
    return {"retention": group["retentionInDays"]}


def nested(name):
    summaries = boto3.client("cloudformation").list_stack_resources(StackName=name)["StackResourceSummaries"]
    # What moto does not know stands there without a type.
    return sorted(summary["ResourceType"] for summary in summaries if summary["ResourceType"])


LOOKS = {
    "AWS::CloudFormation::Stack": nested,
    "AWS::DynamoDB::Table": table,
    "AWS::IAM::Role": role,
    "AWS::Lambda::Function": function,
    "AWS::Logs::LogGroup": log_group,
}

listed = {}
for page in boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack):
    for summary in page["StackResourceSummaries"]:
        listed[summary["LogicalResourceId"]] = summary["PhysicalResourceId"]
resources = {}
for name, resource in template["Resources"].items():
    if "Condition" in resource and not holds({"Condition": resource["Condition"]}):
        continue
    look = LOOKS.get(resource["Type"])
    found = {"type": resource["Type"], "physical": listed.get(name), "looked": None}
    if look and found["physical"]:
        found["looked"] = look(found["physical"])
    resources[name] = found
print(json.dumps(resources))

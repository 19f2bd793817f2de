"""Does to a packaged SAM template what AWS's own transform does when it is deployed.

Arguments: the template, where the result goes, NAME=VALUE of parameters that differ from their defaults.
"""

import json
import re
import sys

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """Would ask IAM for the ARNs of its policies; the template names none."""

    def load(self):
        return {}


# What moto does not know has no names and attributes: others that ask for them get these.
STAND_INS = {
    "AWS::Lambda::Url": "https://url.lambda-url.us-east-1.on.aws/",
    "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:origin",
}


def with_stand_ins(part, types):
    match part:
        case {"Ref": name} | {"Fn::GetAtt": [name, _]} if types.get(name) in STAND_INS:
            return STAND_INS[types[name]]
        case dict():
            return {name: with_stand_ins(value, types) for name, value in part.items()}
        case list():
            return [with_stand_ins(value, types) for value in part]
        case _:
            return part


source, target, *parameters = sys.argv[1:]
with open(source) as file:
    template = yaml_parse(file)
values = dict(parameter.split("=", 1) for parameter in parameters)
template = transform(template, values, NoManagedPolicies())
for resource in template["Resources"].values():
    properties = resource.get("Properties", {})
    if "TemplateURL" in properties:
        # `sam deploy` takes AWS's own hosts alone; moto looks at the path.
        properties["TemplateURL"] = re.sub("^http://[^/]+", "https://s3.amazonaws.com", properties["TemplateURL"])
with open(target, "w") as file:
    types = {name: resource["Type"] for name, resource in template["Resources"].items()}
    json.dump(with_stand_ins(template, types), file)

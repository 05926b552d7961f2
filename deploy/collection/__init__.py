"""What LoongCollector (or Logtail) collects of hosts, as documents that Log Service's API takes.

One file a log in pipelines/, the groups of hosts in machine_groups.yml, the logstore's index in index.yml.
Everything is plain data; aliyun-log-python-sdk takes it so:

    LogtailPipelineConfigDetail.from_json(config)    create_logtail_pipeline_config(project, detail)
    MachineGroupDetail().from_json(group)            create_machine_group(project, detail)
    IndexConfig().from_json(index())                 create_index(project, logstore, detail)
    for pair in applied(): apply_config_to_machine_group(project, *pair)

CreateLogtailPipelineConfig: https://www.alibabacloud.com/help/en/sls/developer-reference/api-sls-2020-12-30-createlogtailpipelineconfig
Machine groups: https://www.alibabacloud.com/help/en/sls/developer-reference/machine-groups
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent

Document = dict[str, Any]
"""The body of a call of the API, as JSON has it."""


def configs(region: str, logstore: str, endpoint: str = "") -> list[Document]:
    """One pipeline configuration a log: raw lines of hosts in `region` to `logstore`, in the project it is
    made in. `endpoint` is Log Service's for the hosts, without a scheme; empty for the region's internal one.
    """
    flusher = {
        "Type": "flusher_sls",
        "Region": region,
        "Endpoint": endpoint or f"{region}-intranet.log.aliyuncs.com",
        "Logstore": logstore,
        "TelemetryType": "logs",
    }
    return [_config(path, flusher) for path in sorted((HERE / "pipelines").glob("*.yml"))]


def machine_groups() -> list[Document]:
    """The groups of hosts, by user-defined id; the topic of a group goes with all that its hosts log."""
    return [_group(name, group) for name, group in groups().items()]


def applied() -> list[tuple[str, str]]:
    """Which configuration goes to which group: (configuration's name, group's name)."""
    pipelines = sorted(path.stem for path in (HERE / "pipelines").glob("*.yml"))
    return [
        (_name(pipeline), name)
        for name, group in groups().items()
        for pipeline in pipelines
        if pipeline not in group["without"]
    ]


def index() -> Document:
    """The index of the hosts logstore."""
    return _read(HERE / "index.yml")


def groups() -> dict[str, Document]:
    """machine_groups.yml: by name, the group's topic and the pipelines that it goes without."""
    return _read(HERE / "machine_groups.yml")


def _config(path: Path, flusher: Document) -> Document:
    pipeline = _read(path)
    return {
        "configName": _name(path.stem),
        "logSample": pipeline["logSample"],
        "global": {"TopicType": "machine_group_topic"},
        "inputs": pipeline["inputs"],
        "flushers": [flusher],
    }


def _group(name: str, group: Document) -> Document:
    topic = group.get("topic")
    return {
        "groupName": name,
        "groupType": "",
        "groupAttribute": {"groupTopic": topic} if topic else {},
        "machineIdentifyType": "userdefined",
        "machineList": [name],
    }


def _name(pipeline: str) -> str:
    """Names of configurations are a project's own: ours begin alike."""
    return f"trailguard-{pipeline}"


def _read(path: Path) -> Document:
    document: Document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document

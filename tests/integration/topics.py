"""The topics of a stack through Kafka's own tools, and the fold that says which events count."""
import collections
import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "infra" / "analytics"))
import fold  # noqa: E402
import values  # noqa: E402
from venue import REPO, wait_until  # noqa: E402

SERVICES = sorted(path.parent.name for path in (REPO / "services").glob("*/schema.sql"))
SCHEMAS = "(" + ", ".join(f"'{service}'" for service in SERVICES) + ")"  # as a list of SQL

Record = collections.namedtuple("Record", "topic partition offset key value headers")


CONFIG_OPTIONS = {"ConsoleProducer": "--producer.config"}
PLACE = re.compile(rb'"partition":(\d+),"offset":(\d+)') # of a line of kcat's


def run_tool(venue, tool, *arguments, given=b""):
    """Runs a class of Kafka's, by its whole name or as one of its tools, against the stack's broker
    and gives what it printed."""
    cache = pathlib.Path(broker_jars(venue))
    folder = venue.identity("operator")
    if folder is not None:
        arguments += (CONFIG_OPTIONS.get(tool, "--command-config"), str(properties(folder)))
    whole = tool if tool.startswith("kafka.") else f"org.apache.kafka.tools.{tool}"
    command = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{cache}/*",
               whole, "--bootstrap-server",
               f"127.0.0.1:{venue.settings['BOURSE_KAFKA_PORT']}", *arguments]
    done = subprocess.run(command, input=given, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout


def properties(folder):
    """The file by which Kafka's tools show a certificate, made beside it."""
    path, store = folder / "client.properties", folder / "client.pem"
    store.write_bytes(b"".join((folder / name).read_bytes() for name in ("user.key", "user.crt")))
    store.chmod(0o600)
    path.write_text("security.protocol=SSL\nssl.keystore.type=PEM\nssl.truststore.type=PEM\n"
                    f"ssl.keystore.location={store}\nssl.truststore.location={folder}/ca.crt\n")
    return path


def as_operator(venue):
    """Options of kcat, behind the reader's file: one who may read commands, too."""
    folder = venue.identity("operator")
    return [part for name, file in (("certificate", "user.crt"), ("key", "user.key")) if folder
            for part in ("-X", f"ssl.{name}.location={folder}/{file}")]


def broker_jars(venue):
    """The folder of the jars that the running broker was started from."""
    pid = venue.process("pid", "kafka").stdout.strip()
    command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return command[command.index(b"-cp") + 1].decode().removesuffix("/*")


def command_of(venue, *arguments):
    return ["kcat", "-F", venue.run_dir / "kafka/reader.properties", *as_operator(venue), *arguments]


def kcat(venue, *arguments):
    """What it prints, once the broker is there."""
    run = lambda: (done := subprocess.run(command_of(venue, *arguments), capture_output=True, check=False,
                                          timeout=120)).returncode == 0 and done
    return wait_until(run, 60, f"kcat {arguments} succeeds").stdout


def consume(venue, topic, until):
    """The lines that kcat prints of a topic, at least those before the ends given. It is ended once it
    has: by itself it ends where all partitions stand still at once, which they need not while somebody
    acts. Nothing: the broker was away."""
    missing = {partition for (name, partition), end in until.items() if name == topic and end > 0}
    command = command_of(venue, "-C", "-e", "-q", "-J", "-o", "beginning", "-t", topic)
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        for line in running.stdout:
            lines.append(line.rstrip(b"\n"))
            partition, offset = map(int, PLACE.search(line).groups())
            if offset + 1 >= until[topic, partition]:
                missing.discard(partition)
            if not missing:
                running.terminate()
                return lines
    return lines if running.returncode == 0 else None


def ends(venue):
    """The end offset of each (topic, partition) of the stack."""
    known = json.loads(kcat(venue, "-L", "-J"))["topics"]
    places = [(topic["topic"], part["partition"]) for topic in known
              if topic["topic"].startswith("bourse.") for part in topic["partitions"]]
    asked = (part for topic, partition in places for part in ("-t", f"{topic}:{partition}:-1"))
    found = re.findall(r"^(\S+) \[(\d+)\] offset (\d+)$", kcat(venue, "-Q", *asked).decode(), re.MULTILINE)
    assert len(found) == len(places) > 0, found
    return {(topic, int(partition)): int(offset) for topic, partition, offset in found}


def read(venue, topic, until=None):
    """The records of a topic, partition by partition in their order: all before the end offsets
    given, or before those of now. Of commands, what has not been deleted."""
    until = until or ends(venue)
    found = []
    wait_until(lambda: found.append(consume(venue, topic, until)) or found[-1] is not None, 60,
               f"{topic} is read")
    records = sorted((Record(*record) for record in fold.records_of(found[-1])),
                     key=lambda record: (record.partition, record.offset))
    records = [record for record in records if record.offset < until[topic, record.partition]]
    for partition, end in [(place[1], end) for place, end in until.items() if place[0] == topic]:
        found = [record.offset for record in records if record.partition == partition]
        start = (found or [end])[0] if topic.endswith(".commands") else 0
        assert found == list(range(start, end)), f"not all of {topic}/{partition} before {end} was read"
    return records


def produce(venue, topic, key, values):
    """Appends a record for each value: lines of UTF-8, however little sense they make."""
    run_tool(venue, "ConsoleProducer", "--topic", topic, "--property", "parse.key=true",
             "--property", "key.separator=\t",
             given=b"".join(key + b"\t" + value + b"\n" for value in values))


def valid_events(records, decode):
    """The events of one topic that count, as (record, decoded): infra/analytics/fold.py."""
    schemas, folds = values.event_schemas(), {}
    for record in records:
        service = record.topic.split(".")[1]
        state = folds.setdefault(record.partition, fold.Fold(service, record.partition, schemas))
        if state.step(record.offset, record.key, record.value, record.headers) == "VALID":
            yield record, decode(record.value)

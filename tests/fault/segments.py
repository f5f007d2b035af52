"""The broker's files of a partition: what a copy that was cut short, or a host that lost power, leaves,
or a disk that has turned bits over. Files are put in place of others while the broker is down only.
"""
import contextlib
import pathlib
import shutil
import struct

HEAD_SIZE = 61
# The fields at the head of a batch: the place of their lowest byte, and bits to turn over there. The
# checksum covers what comes behind it.
BATCH = {"base offset": (7, (0x01, 0x10)), "length": (11, (0x01, 0x40)), "leader epoch": (15, (0x01,)),
         "magic": (16, (0x01, 0x02)), "checksum": (20, (0x01,)), "attributes": (22, (0x01, 0x20)),
         "last offset": (26, (0x01,)), "first time": (34, (0x01,)), "producer": (50, (0x01,)),
         "sequence": (56, (0x01,)), "number of records": (60, (0x01,))}


def folder_of(stack, topic, partition):
    return pathlib.Path(stack.run_dir) / "kafka/data" / f"{topic}-{partition}"


def keep(folder, kept):
    """Copies the files of a partition, to be put back."""
    shutil.copytree(folder, kept)


def put_back(folder, kept):
    """The files as they were kept, with their owner."""
    owner = folder.stat()
    shutil.rmtree(folder)
    shutil.copytree(kept, folder)
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, owner.st_uid, owner.st_gid)


def batches(log):
    """(first offset, place in the file) of each batch of a segment."""
    found, place = [], 0
    while place + 12 <= len(log):
        offset, size = struct.unpack_from(">qi", log, place)
        found.append((offset, place))
        place += 12 + size
    return found


def cut(folder, count):
    """Cuts the last batches off the newest segment; gives the offset that is the end now."""
    segment = max(folder.glob("*.log"))
    content = segment.read_bytes()
    offset, place = batches(content)[-count]
    with open(segment, "r+b") as file:
        file.truncate(place)
    for path in (*folder.glob("*.index"), *folder.glob("*.timeindex"), *folder.glob("*.snapshot")):
        path.unlink()  # the broker makes them again from the segment
    return offset


def size_of(log, place):
    """Of the batch that begins there."""
    return 12 + struct.unpack_from(">i", log, place + 8)[0]


@contextlib.contextmanager
def damaged(segment, place, bits):
    """Some bits of a byte are turned over meanwhile."""
    turn_over(segment, place, bits)
    try:
        yield
    finally:
        turn_over(segment, place, bits)


def turn_over(segment, place, bits):
    with open(segment, "r+b") as file:
        file.seek(place)
        [byte] = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ bits]))

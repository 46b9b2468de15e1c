#!/usr/bin/env python3
"""Writes the golden vectors as inputs of the fuzz targets, a directory each.

    fuzz/seeds.py OUTDIR

The api table's order is that of KH_API_MAP in src/protocol/api.h, which is read for it.
"""
import hashlib
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LONGEST = 600
CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']


def api_rows():
    """key -> (place in the table, oldest version)"""
    text = (ROOT / 'src/protocol/api.h').read_text()
    rows = re.findall(r'X\([A-Z_]+, \w+, \w+, (\d+), (\d+), ', text)
    if len(rows) != text.count('\n    X('):
        sys.exit('the table of src/protocol/api.h is laid out in a way that is not known here')
    return {int(key): (i, int(oldest)) for i, (key, oldest) in enumerate(rows)}


def inputs(line, apis):
    data = bytes.fromhex(line['hex'])
    kind, version = line['kind'], line['version']
    if kind == 'response' and line['key'] in apis:
        place, oldest = apis[line['key']]
        yield 'response', bytes([place, version - oldest]) + data
    elif kind in ('subscription', 'assignment'):
        yield 'consumer_protocol', bytes([kind == 'assignment']) + data
    elif kind == 'batch':
        yield 'batch', data
        value = line['value']
        if version == 2 and value and value['codec'] != 'none':
            codec = CODECS.index(value['codec'])
            yield 'codec', bytes([next(b for b in range(256) if b % 5 == codec and b // 8 % 3 == 2)]) + data[61:]


def main(out):
    apis = api_rows()
    for path in sorted((ROOT / 'test/golden').glob('*.jsonl')):
        for text in path.read_text().split('\n')[:-1]:
            for target, data in inputs(json.loads(text), apis):
                if len(data) <= LONGEST:
                    folder = pathlib.Path(out, target)
                    folder.mkdir(parents=True, exist_ok=True)
                    (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])

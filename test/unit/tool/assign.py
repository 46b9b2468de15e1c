"""kohort assign, as a user runs it: JSON in, a table or JSON out.  assign.py PATH_OF_KOHORT"""
import json
import subprocess
import sys

GROUP = {
    "topics": {"orders": 4, "clicks": 2},
    "members": [
        {"id": "b", "topics": ["clicks", "orders"], "owned": {"orders": [0, 1, 2, 3]}},
        {"id": "a", "topics": ["orders", "clicks", "gone"]},
    ],
}


def run(text, *flags):
    return subprocess.run([sys.argv[1], "assign", *flags], input=text, capture_output=True, text=True, timeout=60)


def layout(group, *flags):
    out = run(json.dumps(group), "-J", *flags)
    assert out.returncode == 0, out.stderr
    return json.loads(out.stdout)


def by_member(result):
    return {m["id"]: m["assignment"] for m in result["members"]}


def range_is_the_default_and_gives_javas_layout():
    result = layout(GROUP)
    assert by_member(result) == {"a": {"orders": [0, 1], "clicks": [0]}, "b": {"orders": [2, 3], "clicks": [1]}}, result
    assert result["assignor"] == "range" and result["moves"] == 2


def java_class_names_are_known():
    assert layout(GROUP, "-a", "org.apache.kafka.clients.consumer.RoundRobinAssignor")["assignor"] == "roundrobin"


def sticky_moves_no_more_than_it_must():
    result = layout(GROUP, "-a", "sticky")
    assert result["moves"] == 1 and [m["partitions"] for m in result["members"]] == [3, 3], result


def cooperative_sticky_withholds_what_must_be_let_go_first():
    result = layout(GROUP, "-a", "cooperative-sticky")
    assert result["moves"] == 1 and result["unassigned"] == 1, result
    assert [m["partitions"] for m in result["members"]] == [3, 2], result


def of_two_owners_the_newer_generation_is_believed():
    group = json.loads(json.dumps(GROUP))
    group["members"][0]["generation"] = 3
    group["members"][1].update(owned={"orders": [0, 1]}, generation=4)
    assert by_member(layout(group, "-a", "sticky"))["a"]["orders"][:2] == [0, 1]


def racks_are_looked_at():
    group = {"topics": {"t": [["x"], ["y"], ["x"], ["y"]]},
             "members": [{"id": "1", "topics": ["t"], "rack": "y"}, {"id": "2", "topics": ["t"], "rack": "x"}]}
    for assignor in ("range", "sticky"):
        result = layout(group, "-a", assignor)
        assert result["far"] == 0 and by_member(result)["1"] == {"t": [1, 3]}, result


def the_table_is_for_people():
    out = run(json.dumps(GROUP), "-a", "sticky")
    assert out.returncode == 0 and "member  partitions  moved  assignment" in out.stdout, out.stdout
    assert "sticky: 1 moved, 0 unassigned" in out.stdout, out.stdout


def what_is_wrong_is_named():
    for text, flags, words in (
            ("{", (), "line 1"),
            ("{}", (), '"topics" must be an object'),
            ('{"topics": {"t": -1}}', (), 'topic "t"'),
            ('{"topics": {}}', (), '"members" must be a list'),
            ('{"topics": {}, "members": [{"topics": []}]}', (), 'no "id"'),
            ('{"topics": {}, "members": [{"id": "a"}]}', (), 'no list of "topics"'),
            ('{"topics": {}, "members": [{"id": "a", "topics": []}, {"id": "a", "topics": []}]}', (), "twice"),
            ("{}", ("-a", "best"), 'no assignor "best"')):
        out = run(text, *flags)
        assert out.returncode == 2 and words in out.stderr and out.stdout == "", (text, out.stderr)


tests = [range_is_the_default_and_gives_javas_layout, java_class_names_are_known, sticky_moves_no_more_than_it_must,
         cooperative_sticky_withholds_what_must_be_let_go_first, of_two_owners_the_newer_generation_is_believed,
         racks_are_looked_at, the_table_is_for_people, what_is_wrong_is_named]
print(f"1..{len(tests)}")
for number, test in enumerate(tests, 1):
    try:
        test()
        print(f"ok {number} - {test.__name__}")
    except AssertionError as error:
        print(f"not ok {number} - {test.__name__}: {error}")

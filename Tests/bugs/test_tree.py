"""The seeded bugs still fit the sources.  python3 -m unittest discover -s Tests/bugs"""

import re
import unittest

import hunt
import tree


class SeededBugs(unittest.TestCase):
    def test_each_has_its_place_in_the_sources(self):
        every = tree.bugs()
        self.assertGreaterEqual(len(every), 30)
        self.assertEqual(len({bug.name for bug in every}), len(every))
        for name in {bug.file for bug in every}:
            of_file = [bug for bug in every if bug.file == name]
            seeded = tree.seed((tree.ROOT / name).read_text(), of_file)
            for bug in of_file:
                self.assertEqual(seeded.count(f"seededBug == {bug.number} "), 1, bug.name)
            sees = name.startswith("Sources/MartletCore/") or re.search("^(.+ )?import MartletCore$", seeded, re.M)
            self.assertTrue(sees, f"{name} does not see the switch")

    def test_the_table_lists_each_and_no_others(self):
        rows = re.findall(r"^\| (.+?) \|", hunt.TABLE.read_text(), re.M)
        self.assertEqual(rows[:2], ["bug", "---"])
        self.assertCountEqual(rows[2:], [bug.name for bug in tree.bugs()])

    def test_a_place_that_is_gone_or_there_twice_is_said(self):
        bug = tree.Bug(number=7, name="b", what="", file="Sources/MartletCore/F.swift", site="if «a» {", wrong="b")
        self.assertEqual(tree.seed("if a { }", [bug]), "if (seededBug == 7 ? (b) : (a)) { }")
        for text in ("if c { }", "if a { }; if a { }"):
            with self.assertRaises(ValueError):
                bug.switched(text)

    def test_statements_are_switched_as_a_whole(self):
        bug = tree.Bug(number=7, name="b", what="", file="Sources/MartletCore/F.swift", site="‹go()›\nend()", wrong="")
        self.assertEqual(tree.seed("x()\ngo()\nend()", [bug]), "x()\nif seededBug == 7 {  } else { go() }\nend()")


if __name__ == "__main__":
    unittest.main()

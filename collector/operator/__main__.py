"""``python -m collector.operator``"""

from collector.operator.main import main

if __name__ == "__main__":
    main(prog_name="python -m collector.operator")

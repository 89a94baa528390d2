"""``python -m collector``"""

from collector.main import main

if __name__ == "__main__":
    main(prog_name="python -m collector")

"""Figures as ratios within one run: `python -m bench [pull|memory|mapping]`, or `make bench` for all."""

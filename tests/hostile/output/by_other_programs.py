# Another program prints a gigabyte.
# holds: no more is kept than its bound
# control: with room → held
get_ipython().system("head -c 1000000000 /dev/zero | tr '\\0' x")

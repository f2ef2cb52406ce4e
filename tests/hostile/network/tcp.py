# Connects by TCP.
# holds: nobody is reached
# control: without seccomp landlock namespaces → reached
def connect():
    with socket.create_connection(("127.0.0.1", W["port"]), timeout=2) as connection:
        connection.send(b"hello")
try:
    connect()
except OSError as error:
    print(error)

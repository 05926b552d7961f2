"""The tables of our osquery pack, and their columns.

From osquery's schema, https://osquery.io/schema/ (specs/*.table in https://github.com/osquery/osquery).
"""

from __future__ import annotations

from collections.abc import Mapping

TABLES: Mapping[str, tuple[str, ...]] = {
    table: tuple(columns.split())
    for table, columns in {
        "listening_ports": "pid port protocol family address fd socket path net_namespace",
        "process_open_sockets": "pid fd socket family protocol local_address remote_address local_port"
        " remote_port path state net_namespace",
        "processes": "pid name path cmdline state cwd root uid gid euid egid suid sgid on_disk wired_size"
        " resident_size total_size user_time system_time disk_bytes_read disk_bytes_written start_time parent"
        " pgroup threads nice cgroup_path",
        "users": "uid gid uid_signed gid_signed username description directory shell uuid",
        "groups": "gid gid_signed groupname",
        "user_groups": "uid gid",
        "authorized_keys": "uid algorithm key options comment key_file",
        "known_hosts": "uid key key_file",
        "sudoers": "source header rule_details",
        "apt_sources": "name source base_uri release version maintainer components architectures",
        "yum_sources": "name source baseurl mirrorlist metalink enabled gpgcheck gpgkey",
        "rpm_packages": "name version release source size sha1 arch epoch install_time vendor package_group",
        "hash": "path directory md5 sha1 sha256",
        "file": "path directory filename inode uid gid mode device size atime mtime ctime btime type symlink",
        "last": "username tty pid type type_name time host",
        "logged_in_users": "type user tty host time pid",
    }.items()
}

JOINED = "parent_name parent_path parent_cmdline program username groupname count home".split()
"""What our queries add to a table's rows by joining and counting."""

COLUMNS = tuple(dict.fromkeys([*JOINED, *(column for columns in TABLES.values() for column in columns)]))
"""Every column that a rule may name."""

"""What engines that ask many hosts at once put around their answers: Ansible, Salt, clush, pdsh, kubectl."""

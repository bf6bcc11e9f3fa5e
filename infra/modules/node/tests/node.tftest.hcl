mock_provider "openstack" {}

variables {
  name      = "reserve-worker-1"
  image     = "CC-Ubuntu24.04"
  flavor_id = "5f8d1c2e-0b7a-4c39-9d54-3a6e7f801b2c"
  key_pair  = "operator"
  shared    = { network_id = "shared-network", security_group_id = "outside" }
  private   = { network_id = "private-network", subnet_id = "private-subnet", address = "192.168.1.11" }
  hosts     = { reserve-head = "192.168.1.10" }
}

run "the_instance_takes_the_reserved_flavor" {
  command = plan

  assert {
    condition     = openstack_compute_instance_v2.node.flavor_id == var.flavor_id
    error_message = "A reservation at KVM@TACC is used by taking its flavor's UUID."
  }

  assert {
    condition     = openstack_compute_instance_v2.node.image_name == "CC-Ubuntu24.04" && openstack_compute_instance_v2.node.key_pair == "operator"
    error_message = "The instance must boot the image named, with the operator's key."
  }
}

run "the_shared_interface_is_first_and_guarded_and_the_private_one_is_open" {
  assert {
    condition     = openstack_compute_instance_v2.node.network[0].port == openstack_networking_port_v2.shared.id
    error_message = "The first interface carries the default route: it must be the shared one."
  }

  assert {
    condition     = openstack_networking_port_v2.shared.network_id == "shared-network" && openstack_networking_port_v2.shared.security_group_ids == toset(["outside"])
    error_message = "The shared port must carry the security group and no other."
  }

  assert {
    condition     = openstack_compute_instance_v2.node.network[1].port == openstack_networking_port_v2.private.id
    error_message = "The second interface must be the private one."
  }

  assert {
    condition     = openstack_networking_port_v2.private.port_security_enabled == false
    error_message = "Port security must be off between our own nodes."
  }

  assert {
    condition     = one(openstack_networking_port_v2.private.fixed_ip[*].ip_address) == "192.168.1.11"
    error_message = "The node must have the address it was given."
  }
}

run "the_first_boot_loads_the_projects_keys_and_knows_the_head" {
  command = plan

  assert {
    condition     = startswith(openstack_compute_instance_v2.node.user_data, "#cloud-config\n")
    error_message = "cloud-init reads this line to know what it was given."
  }

  assert {
    condition     = yamldecode(openstack_compute_instance_v2.node.user_data).runcmd == [["su", "cc", "-c", "/usr/local/bin/cc-load-public-keys"]]
    error_message = "Without cc-load-public-keys only one key opens the node."
  }

  assert {
    condition     = yamldecode(openstack_compute_instance_v2.node.user_data).write_files[0].content == "192.168.1.10 reserve-head\n"
    error_message = "A worker must find the head by name."
  }
}

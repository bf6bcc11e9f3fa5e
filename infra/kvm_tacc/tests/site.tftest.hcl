# What `terraform apply` asks the site for. The provider is mocked: no credential, no cloud.

mock_provider "openstack" {}

variables {
  reserved_flavor_id = "5f8d1c2e-0b7a-4c39-9d54-3a6e7f801b2c"
  key_pair           = "operator"
  operator_cidr      = "198.51.100.7/32"
}

run "one_head_and_two_workers_unless_told_otherwise" {
  command = plan

  assert {
    condition     = tomap(output.private_ips) == tomap({ head = "192.168.1.10", worker-1 = "192.168.1.11", worker-2 = "192.168.1.12" })
    error_message = "Expected a head at .10 and two workers after it."
  }
}

run "a_site_can_be_the_head_alone" {
  command = plan

  variables {
    workers = 0
  }

  assert {
    condition     = keys(module.node) == ["head"]
    error_message = "Expected the head and no worker."
  }
}

run "only_the_head_gets_the_floating_ip_and_the_volume" {
  assert {
    condition     = openstack_networking_floatingip_v2.head.port_id == module.node["head"].shared_port_id
    error_message = "The floating IP must sit on the head's port on the shared network."
  }

  assert {
    condition     = openstack_networking_floatingip_v2.head.pool == "public"
    error_message = "KVM@TACC's floating IPs come from the pool named public."
  }

  assert {
    condition     = openstack_compute_volume_attach_v2.data.instance_id == module.node["head"].instance_id
    error_message = "The volume must be attached to the head."
  }

  assert {
    condition     = openstack_blockstorage_volume_v3.data.size == 100
    error_message = "The project asked for 100 GB of persistent storage."
  }

  assert {
    condition     = output.ssh_command == "ssh cc@${output.floating_ip}"
    error_message = "Chameleon's images log in as cc."
  }
}

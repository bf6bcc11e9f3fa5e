# What a wrong terraform.tfvars is told before anything is asked of the site.

mock_provider "openstack" {}

variables {
  reserved_flavor_id = "5f8d1c2e-0b7a-4c39-9d54-3a6e7f801b2c"
  key_pair           = "operator"
  operator_cidr      = "198.51.100.7/32"
}

run "every_value_that_cannot_be_is_named" {
  command = plan

  variables {
    reserved_flavor_id = "m1.large"
    operator_cidr      = "198.51.100.7"
    web_cidr           = "everyone"
    volume_gb          = 0
    private_cidr       = "192.168.1.0"
    name               = "El Silencio"
  }

  expect_failures = [
    var.reserved_flavor_id,
    var.operator_cidr,
    var.web_cidr,
    var.volume_gb,
    var.private_cidr,
    var.name,
  ]
}

run "workers_are_counted_in_whole_numbers" {
  command = plan

  variables {
    workers = 1.5
  }

  expect_failures = [var.workers]
}

run "ssh_is_never_open_to_the_internet" {
  command = plan

  variables {
    operator_cidr = "0.0.0.0/0"
  }

  expect_failures = [var.operator_cidr]
}

run "the_private_network_must_hold_every_worker" {
  command = plan

  variables {
    private_cidr = "192.168.1.0/28"
    workers      = 8
  }

  expect_failures = [var.private_cidr]
}

mock_provider "openstack" {}

variables {
  name         = "reserve"
  private_cidr = "192.168.1.0/24"
  ingress = {
    ssh   = { port = 22, cidr = "198.51.100.7/32" }
    https = { port = 443, cidr = "0.0.0.0/0" }
  }
}

run "the_private_network_is_open_inside_and_leads_nowhere" {
  assert {
    condition     = openstack_networking_network_v2.private.port_security_enabled == false
    error_message = "Port security must be off between our own nodes."
  }

  assert {
    condition     = openstack_networking_subnet_v2.private.no_gateway && openstack_networking_subnet_v2.private.cidr == "192.168.1.0/24"
    error_message = "The private subnet must have the range asked for and no gateway."
  }

  assert {
    condition     = openstack_networking_subnet_v2.private.network_id == output.private.network_id
    error_message = "The subnet must lie in the private network."
  }
}

run "only_what_is_named_comes_in" {
  assert {
    condition     = keys(openstack_networking_secgroup_rule_v2.ingress) == ["https", "ssh"]
    error_message = "There must be one rule a named port and no other."
  }

  assert {
    condition = alltrue([
      for name, rule in openstack_networking_secgroup_rule_v2.ingress :
      rule.direction == "ingress" && rule.protocol == "tcp" &&
      rule.port_range_min == var.ingress[name].port && rule.port_range_max == var.ingress[name].port &&
      rule.remote_ip_prefix == var.ingress[name].cidr && rule.security_group_id == output.security_group_id
    ])
    error_message = "A rule must open its one port to its one range."
  }
}

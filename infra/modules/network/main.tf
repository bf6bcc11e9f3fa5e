# The private network between the nodes, and the security group of the ports that face outside.

resource "openstack_networking_network_v2" "private" {
  name = "${var.name}-private"

  # Only our own nodes are on it, and what runs on them opens ports as it pleases (Ray, Kubernetes).
  port_security_enabled = false
}

resource "openstack_networking_subnet_v2" "private" {
  name       = "${var.name}-private"
  network_id = openstack_networking_network_v2.private.id
  cidr       = var.private_cidr

  # The shared network is the way out; a second default route would compete with it.
  no_gateway = true
}

resource "openstack_networking_secgroup_v2" "outside" {
  name        = "${var.name}-outside"
  description = "What ${var.name} answers from outside"
}

resource "openstack_networking_secgroup_rule_v2" "ingress" {
  for_each = var.ingress

  security_group_id = openstack_networking_secgroup_v2.outside.id
  description       = each.key
  direction         = "ingress"
  ethertype         = "IPv4"
  protocol          = "tcp"
  port_range_min    = each.value.port
  port_range_max    = each.value.port
  remote_ip_prefix  = each.value.cidr
}

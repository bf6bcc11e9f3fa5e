output "private" {
  description = "The private network and its subnet."
  value = {
    network_id = openstack_networking_network_v2.private.id
    subnet_id  = openstack_networking_subnet_v2.private.id
  }
}

output "security_group_id" {
  description = "The security group for ports that face outside."
  value       = openstack_networking_secgroup_v2.outside.id
}

output "instance_id" {
  description = "The instance, for attaching volumes."
  value       = openstack_compute_instance_v2.node.id
}

output "shared_port_id" {
  description = "The port on the shared network, for a floating IP."
  value       = openstack_networking_port_v2.shared.id
}

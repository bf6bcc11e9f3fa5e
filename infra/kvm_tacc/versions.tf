terraform {
  required_version = ">= 1.9" # the first whose validations may name other variables

  required_providers {
    openstack = {
      source  = "terraform-provider-openstack/openstack"
      version = "~> 3.0"
    }
  }
}

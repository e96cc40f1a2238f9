package causes

import (
	"encoding/json"
	"fmt"
	"strings"

	"vpcetrail/classify/network"
)

// shell quotes a word for a shell, if that is needed.
func shell(s string) string {
	plain := s != "" && strings.IndexFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-_./:", r)
	}) < 0
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func words(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = shell(s)
	}
	return strings.Join(quoted, " ")
}

// quote quotes a text for YAML, and for Terraform once ${ and %{ are doubled.
func quote(s string) string {
	text, _ := json.Marshal(s) // a string always has JSON
	return string(text)
}

func hcl(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(quote(s), "${", "$${"), "%{", "%%{")
}

func list(values []string, quote func(string) string) string {
	quoted := make([]string, len(values))
	for i, s := range values {
		quoted[i] = quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// label returns a name for a resource in templates: the service's own name.
func label(service string) string {
	short := service[strings.LastIndexByte(service, '.')+1:]
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower("to_"+short))
}

// logical returns label as CloudFormation wants it: letters and digits.
func logical(service string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(label(service), "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

func createGateway(p *network.Plan) map[string]string {
	return map[string]string{
		"cli": fmt.Sprintf("aws ec2 create-vpc-endpoint --region %s --vpc-id %s --vpc-endpoint-type Gateway --service-name %s --route-table-ids %s\n",
			shell(p.Region), shell(p.VPC), shell(p.Service), words(p.Tables)),
		"terraform": fmt.Sprintf(`resource "aws_vpc_endpoint" "%s" {
  vpc_id            = %s
  service_name      = %s
  vpc_endpoint_type = "Gateway"
  route_table_ids   = %s
}
`, label(p.Service), hcl(p.VPC), hcl(p.Service), list(p.Tables, hcl)),
		"cloudformation": fmt.Sprintf(`Resources:
  %s:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: %s
      ServiceName: %s
      VpcEndpointType: Gateway
      RouteTableIds: %s
`, logical(p.Service), quote(p.VPC), quote(p.Service), list(p.Tables, quote)),
	}
}

func createInterface(p *network.Plan) map[string]string {
	return map[string]string{
		"cli": interfaceCLI(p), "terraform": interfaceTerraform(p), "cloudformation": interfaceCloudFormation(p),
	}
}

func interfaceCLI(p *network.Plan) string {
	var b strings.Builder
	region := " --region " + shell(p.Region)
	b.WriteString("# 1. a security group that lets the VPC reach port 443\n")
	fmt.Fprintf(&b, "GROUP=$(aws ec2 create-security-group%s --vpc-id %s --group-name %s --description 'HTTPS to a VPC endpoint' --query GroupId --output text)\n",
		region, shell(p.VPC), shell("vpce-"+p.Service))
	for _, cidr := range p.CIDRs {
		fmt.Fprintf(&b, "aws ec2 authorize-security-group-ingress%s --group-id \"$GROUP\" --protocol tcp --port 443 --cidr %s\n", region, shell(cidr))
	}
	b.WriteString("# 2. the endpoint, not yet by the ordinary name\n")
	fmt.Fprintf(&b, "ENDPOINT=$(aws ec2 create-vpc-endpoint%s --vpc-id %s --vpc-endpoint-type Interface --service-name %s --subnet-ids %s --security-group-ids \"$GROUP\" --no-private-dns-enabled --query VpcEndpoint.VpcEndpointId --output text)\n",
		region, shell(p.VPC), shell(p.Service), words(p.ZoneSubnets))
	b.WriteString("# 3. the ordinary name: run this once a call by the endpoint's own DNS name works\n")
	fmt.Fprintf(&b, "# aws ec2 modify-vpc-endpoint%s --vpc-endpoint-id \"$ENDPOINT\" --private-dns-enabled\n", oneLine(region))
	return b.String()
}

func interfaceTerraform(p *network.Plan) string {
	name := label(p.Service)
	return fmt.Sprintf(`resource "aws_security_group" "%[1]s" {
  name        = %[2]s
  description = "HTTPS to a VPC endpoint"
  vpc_id      = %[3]s
  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = %[4]s
  }
}
resource "aws_vpc_endpoint" "%[1]s" {
  vpc_id              = %[3]s
  service_name        = %[5]s
  vpc_endpoint_type   = "Interface"
  subnet_ids          = %[6]s
  security_group_ids  = [aws_security_group.%[1]s.id]
  private_dns_enabled = false # true once a call by the endpoint's own DNS name works
}
`, name, hcl("vpce-"+p.Service), hcl(p.VPC), list(p.CIDRs, hcl), hcl(p.Service), list(p.ZoneSubnets, hcl))
}

func interfaceCloudFormation(p *network.Plan) string {
	var rules strings.Builder
	for _, cidr := range p.CIDRs {
		fmt.Fprintf(&rules, "        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: %s}\n", quote(cidr))
	}
	return fmt.Sprintf(`Resources:
  %[1]sGroup:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: HTTPS to a VPC endpoint
      VpcId: %[2]s
      SecurityGroupIngress:
%[3]s  %[1]s:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: %[2]s
      ServiceName: %[4]s
      VpcEndpointType: Interface
      SubnetIds: %[5]s
      SecurityGroupIds: [!GetAtt %[1]sGroup.GroupId]
      PrivateDnsEnabled: false # true once a call by the endpoint's own DNS name works
`, logical(p.Service), quote(p.VPC), rules.String(), quote(p.Service), list(p.ZoneSubnets, quote))
}

func associateTables(p *network.Plan) map[string]string {
	var terraform strings.Builder
	for i, table := range p.Tables {
		fmt.Fprintf(&terraform, `resource "aws_vpc_endpoint_route_table_association" "%s_%d" {
  vpc_endpoint_id = %s
  route_table_id  = %s
}
`, label(p.Service), i+1, hcl(p.Endpoint), hcl(table))
	}
	return map[string]string{
		"cli": fmt.Sprintf("aws ec2 modify-vpc-endpoint --region %s --vpc-endpoint-id %s --add-route-table-ids %s\n",
			shell(p.Region), shell(p.Endpoint), words(p.Tables)),
		"terraform": terraform.String(),
		"cloudformation": fmt.Sprintf(`# Where your template defines %s, add the route tables to RouteTableIds. CloudFormation has no resource for one table alone.
Resources:
  %s:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: %s
      ServiceName: %s
      VpcEndpointType: Gateway
      RouteTableIds: %s
`, oneLine(p.Endpoint), logical(p.Service), quote(p.VPC), quote(p.Service), list(sorted(p.HasTables, p.Tables), quote)),
	}
}

func privateDNS(p *network.Plan) map[string]string {
	return map[string]string{
		"cli": fmt.Sprintf("aws ec2 modify-vpc-endpoint --region %s --vpc-endpoint-id %s --private-dns-enabled\n", shell(p.Region), shell(p.Endpoint)),
		"terraform": fmt.Sprintf(`# Where your configuration defines %s, set private_dns_enabled. Otherwise import it:
import {
  to = aws_vpc_endpoint.%[2]s
  id = %[3]s
}
resource "aws_vpc_endpoint" "%[2]s" {
  vpc_id              = %[4]s
  service_name        = %[5]s
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
}
`, oneLine(p.Endpoint), label(p.Service), hcl(p.Endpoint), hcl(p.VPC), hcl(p.Service)),
		"cloudformation": fmt.Sprintf(`# Where your template defines %s, set PrivateDnsEnabled.
Resources:
  %s:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: %s
      ServiceName: %s
      VpcEndpointType: Interface
      PrivateDnsEnabled: true
`, oneLine(p.Endpoint), logical(p.Service), quote(p.VPC), quote(p.Service)),
	}
}

func vpcDNS(p *network.Plan) map[string]string {
	var cli strings.Builder
	for _, attribute := range []struct {
		flag string
		on   bool
	}{{"--enable-dns-support", p.DNSSupport}, {"--enable-dns-hostnames", p.DNSNames}} {
		if !attribute.on {
			fmt.Fprintf(&cli, "aws ec2 modify-vpc-attribute --region %s --vpc-id %s %s\n", shell(p.Region), shell(p.VPC), attribute.flag)
		}
	}
	cidr := ""
	if len(p.CIDRs) > 0 {
		cidr = p.CIDRs[0]
	}
	return map[string]string{
		"cli": cli.String(),
		"terraform": fmt.Sprintf(`# Where your configuration defines %s, set both. Otherwise import it:
import {
  to = aws_vpc.this
  id = %[2]s
}
resource "aws_vpc" "this" {
  cidr_block           = %[3]s
  enable_dns_support   = true
  enable_dns_hostnames = true
}
`, oneLine(p.VPC), hcl(p.VPC), hcl(cidr)),
		"cloudformation": fmt.Sprintf(`# Where your template defines %s, set both.
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties:
      CidrBlock: %s
      EnableDnsSupport: true
      EnableDnsHostnames: true
`, oneLine(p.VPC), quote(cidr)),
	}
}

func ipv6(p *network.Plan) map[string]string {
	options := ""
	if p.Gateway && strings.HasSuffix(p.Service, ".s3") {
		options = " --dns-options DnsRecordIpType=dualstack"
	}
	return map[string]string{
		"cli": fmt.Sprintf("aws ec2 modify-vpc-endpoint --region %s --vpc-endpoint-id %s --ip-address-type dualstack%s\n", shell(p.Region), shell(p.Endpoint), options),
	}
}

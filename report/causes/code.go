package causes

import (
	"encoding/json"
	"fmt"
	"strings"

	"vpcetrail/classify/network"
)

// Shell quotes a word for a shell, if that is needed.
func Shell(s string) string {
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
		quoted[i] = Shell(s)
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

// label returns a name for a resource in templates. The id of what the resource is for is
// part of it, so that two changes in one configuration have two names.
func label(what, id string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(what+"_"+id))
}

// logical returns label as CloudFormation wants it: letters and digits.
func logical(what, id string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(label(what, id), "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// to returns the first part of the label of an endpoint.
func to(service string) string { return "to_" + ShortName(service) }

func createGateway(p *network.Plan) map[string]string {
	return map[string]string{
		"cli": fmt.Sprintf("aws ec2 create-vpc-endpoint --region %s --vpc-id %s --vpc-endpoint-type Gateway --service-name %s --route-table-ids %s\n",
			Shell(p.Region), Shell(p.VPC), Shell(p.Service), words(p.Tables)),
		"terraform": fmt.Sprintf(`resource "aws_vpc_endpoint" "%s" {
  vpc_id            = %s
  service_name      = %s
  vpc_endpoint_type = "Gateway"
  route_table_ids   = %s
}
`, label(to(p.Service), p.VPC), hcl(p.VPC), hcl(p.Service), list(p.Tables, hcl)),
		"cloudformation": fmt.Sprintf(`Resources:
  %s:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: %s
      ServiceName: %s
      VpcEndpointType: Gateway
      RouteTableIds: %s
`, logical(to(p.Service), p.VPC), quote(p.VPC), quote(p.Service), list(p.Tables, quote)),
	}
}

func createInterface(p *network.Plan) map[string]string {
	return map[string]string{
		"cli": interfaceCLI(p), "terraform": interfaceTerraform(p), "cloudformation": interfaceCloudFormation(p),
	}
}

func interfaceCLI(p *network.Plan) string {
	var b strings.Builder
	region, endpoint := " --region "+Shell(p.Region), label(to(p.Service), p.VPC)
	b.WriteString("# 1. a security group that lets the VPC reach port 443\n")
	fmt.Fprintf(&b, "%s_group=$(aws ec2 create-security-group%s --vpc-id %s --group-name %s --description 'HTTPS to a VPC endpoint' --query GroupId --output text) &&\n",
		endpoint, region, Shell(p.VPC), Shell("vpce-"+p.Service))
	for _, cidr := range p.CIDRs {
		fmt.Fprintf(&b, "aws ec2 authorize-security-group-ingress%s --group-id \"$%s_group\" --protocol tcp --port 443 --cidr %s &&\n", region, endpoint, Shell(cidr))
	}
	b.WriteString("# 2. the endpoint, not yet by the ordinary name\n")
	fmt.Fprintf(&b, "%[1]s=$(aws ec2 create-vpc-endpoint%[2]s --vpc-id %[3]s --vpc-endpoint-type Interface --service-name %[4]s --subnet-ids %[5]s --security-group-ids \"$%[1]s_group\" --no-private-dns-enabled --query VpcEndpoint.VpcEndpointId --output text) &&\n",
		endpoint, region, Shell(p.VPC), Shell(p.Service), words(p.ZoneSubnets))
	fmt.Fprintf(&b, "aws ec2 describe-vpc-endpoints%s --vpc-endpoint-ids \"$%s\" --query 'VpcEndpoints[0].[VpcEndpointId,State,DnsEntries[0].DnsName]' --output text\n", region, endpoint)
	b.WriteString("# 3. the ordinary name: run this once a call by the endpoint's own DNS name works\n")
	fmt.Fprintf(&b, "# aws ec2 modify-vpc-endpoint%s --vpc-endpoint-id \"$%s\" --private-dns-enabled\n", oneLine(region), endpoint)
	return b.String()
}

func interfaceTerraform(p *network.Plan) string {
	name := label(to(p.Service), p.VPC)
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
`, logical(to(p.Service), p.VPC), quote(p.VPC), rules.String(), quote(p.Service), list(p.ZoneSubnets, quote))
}

func associateTables(p *network.Plan) map[string]string {
	var terraform strings.Builder
	for _, table := range p.Tables {
		fmt.Fprintf(&terraform, `resource "aws_vpc_endpoint_route_table_association" "%s" {
  vpc_endpoint_id = %s
  route_table_id  = %s
}
`, label(to(p.Service), table), hcl(p.Endpoint), hcl(table))
	}
	return map[string]string{
		"cli": fmt.Sprintf("aws ec2 modify-vpc-endpoint --region %s --vpc-endpoint-id %s --add-route-table-ids %s\n",
			Shell(p.Region), Shell(p.Endpoint), words(p.Tables)),
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
`, oneLine(p.Endpoint), logical(to(p.Service), p.VPC), quote(p.VPC), quote(p.Service), list(sorted(p.HasTables, p.Tables), quote)),
	}
}

func privateDNS(p *network.Plan) map[string]string {
	return map[string]string{
		"cli": fmt.Sprintf("aws ec2 modify-vpc-endpoint --region %s --vpc-endpoint-id %s --private-dns-enabled\n", Shell(p.Region), Shell(p.Endpoint)),
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
`, oneLine(p.Endpoint), label(to(p.Service), p.VPC), hcl(p.Endpoint), hcl(p.VPC), hcl(p.Service)),
		"cloudformation": fmt.Sprintf(`# Where your template defines %s, set PrivateDnsEnabled.
Resources:
  %s:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: %s
      ServiceName: %s
      VpcEndpointType: Interface
      PrivateDnsEnabled: true
`, oneLine(p.Endpoint), logical(to(p.Service), p.VPC), quote(p.VPC), quote(p.Service)),
	}
}

func vpcDNS(p *network.Plan) map[string]string {
	var cli strings.Builder
	for _, attribute := range []struct {
		flag string
		on   bool
	}{{"--enable-dns-support", p.DNSSupport}, {"--enable-dns-hostnames", p.DNSNames}} {
		if !attribute.on {
			fmt.Fprintf(&cli, "aws ec2 modify-vpc-attribute --region %s --vpc-id %s %s\n", Shell(p.Region), Shell(p.VPC), attribute.flag)
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
  to = aws_vpc.%[2]s
  id = %[3]s
}
resource "aws_vpc" "%[2]s" {
  cidr_block           = %[4]s
  enable_dns_support   = true
  enable_dns_hostnames = true
}
`, oneLine(p.VPC), label("dns_of", p.VPC), hcl(p.VPC), hcl(cidr)),
		"cloudformation": fmt.Sprintf(`# Where your template defines %s, set both.
Resources:
  %s:
    Type: AWS::EC2::VPC
    Properties:
      CidrBlock: %s
      EnableDnsSupport: true
      EnableDnsHostnames: true
`, oneLine(p.VPC), logical("dns_of", p.VPC), quote(cidr)),
	}
}

func ipv6(p *network.Plan) map[string]string {
	options := ""
	if p.Gateway && strings.HasSuffix(p.Service, ".s3") {
		options = " --dns-options DnsRecordIpType=dualstack"
	}
	return map[string]string{
		"cli": fmt.Sprintf("aws ec2 modify-vpc-endpoint --region %s --vpc-endpoint-id %s --ip-address-type dualstack%s\n", Shell(p.Region), Shell(p.Endpoint), options),
	}
}

package deploy

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// An ordered is a mapping in YAML that keeps the order of its members: key, value, key, value.
type ordered []any

// MarshalYAML returns the mapping.
func (o ordered) MarshalYAML() (any, error) {
	node := &yaml.Node{Kind: yaml.MappingNode}
	for _, member := range o {
		var n yaml.Node
		if err := n.Encode(member); err != nil {
			return nil, err
		}
		node.Content = append(node.Content, &n)
	}
	return node, nil
}

const (
	today  = "$toMillis($states.input.scheduled)"
	oneDay = "86400000"
	format = "'[Y0001]-[M01]-[D01]'"
	tries  = 3 // runs of a command that ends with status 1
)

// machine returns the state machine of a night. It resolves yesterday once, ends at once if
// an earlier night is still going, and runs the commands one after the other.
func (f *flagsGiven) machine(p *plan) any {
	states := ordered{
		"Night", ordered{
			"Type", "Pass",
			"Comment", `The day before the scheduled start, or that of the input: {"date": "2026-11-20"}`,
			"Assign", ordered{"day", fmt.Sprintf("{%% $exists($states.input.date) ? $states.input.date : $fromMillis(%s - %s, %s) %%}", today, oneDay, format)},
			"Next", "Alone",
		},
		"Alone", ordered{
			"Type", "Task", "Resource", "${ListExecutions}",
			"Arguments", ordered{"StateMachineArn", "{% $states.context.StateMachine.Id %}", "StatusFilter", "RUNNING"},
			"Assign", ordered{"oldest", "{% $count($states.result.Executions) = 0 ? $states.context.Execution.Id : $states.result.Executions[-1].ExecutionArn %}"},
			"Next", "First",
		},
		"First", ordered{
			"Type", "Choice",
			"Choices", []any{ordered{"Condition", "{% $oldest = $states.context.Execution.Id %}", "Next", p.Steps[0].Name, "Assign", ordered{"try", 1}}},
			"Default", "Overlap",
		},
		"Overlap", ordered{"Type", "Fail", "Error", "Overlap", "Cause", "an earlier execution is still running: this one does nothing"},
	}
	for i, s := range p.Steps {
		next := "Done"
		if i+1 < len(p.Steps) {
			next = p.Steps[i+1].Name
		}
		if f.To == "batch" {
			states = append(states, s.Name, f.batchState(s, next))
		} else {
			states = append(states, f.ecsStates(s, next)...)
		}
	}
	states = append(states, "Done", ordered{"Type", "Succeed"})
	return ordered{"QueryLanguage", "JSONata", "StartAt", "Night", "TimeoutSeconds", 20 * 3600, "States", states}
}

// command returns a step's arguments for a state.
func command(s step) (args []string) {
	for _, arg := range s.Args {
		if arg == theDay {
			arg = "{% $day %}"
		}
		args = append(args, arg)
	}
	return args
}

// batchState returns the state of a step. Batch itself runs a job again.
func (f *flagsGiven) batchState(s step, next string) any {
	arguments := ordered{"JobName", f.Name + "-" + s.Name, "JobQueue", "${Queue}", "JobDefinition", "${Job}"}
	if s.In > 0 {
		arguments = append(arguments, "ArrayProperties", ordered{"Size", s.In})
	}
	arguments = append(arguments, "ContainerOverrides", ordered{"Command", command(s)})
	return ordered{"Type", "Task", "Resource", "${SubmitJob}", "Arguments", arguments, "Next", next}
}

// ecsStates returns the states of a step. A task that ended with status 1, or did not start, runs
// again.
func (f *flagsGiven) ecsStates(s step, next string) []any {
	ended, wait, failed := s.Name+" ended", s.Name+" again", s.Name+" failed"
	return []any{
		s.Name, ordered{
			"Type", "Task", "Resource", "${RunTask}",
			"Arguments", ordered{
				"LaunchType", "FARGATE", "Cluster", "${Cluster}", "TaskDefinition", "${Task}",
				"NetworkConfiguration", ordered{"AwsvpcConfiguration", ordered{
					"Subnets", "{% $split('${Subnets}', ',') %}", "SecurityGroups", "{% $split('${SecurityGroups}', ',') %}", "AssignPublicIp", "${PublicIp}",
				}},
				"Overrides", ordered{"ContainerOverrides", []any{ordered{"Name", f.Name, "Command", command(s)}}},
			},
			"Assign", ordered{"try", 1},
			"Catch", []any{ordered{
				"ErrorEquals", []string{"States.TaskFailed"}, "Assign", ordered{"try", "{% $try + 1 %}", "cause", "{% $states.errorOutput.Cause %}"}, "Next", ended,
			}},
			"Next", next,
		},
		ended, ordered{
			"Type", "Choice",
			"Comment", "Status 1 may pass. Other statuses would be the same again.",
			"Choices", []any{ordered{"Condition", fmt.Sprintf(`{%% $try <= %d and $not($contains($cause, /"ExitCode": ?([2-9]|1[0-9])/)) %%}`, tries), "Next", wait}},
			"Default", failed,
		},
		wait, ordered{"Type", "Wait", "Seconds", 60, "Next", s.Name},
		failed, ordered{"Type", "Fail", "Error", s.Name, "Cause", "{% $cause %}"},
	}
}
